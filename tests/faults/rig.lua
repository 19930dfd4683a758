-- The simulated rig with a valve that its board does not close by itself: whatever happens, phasic has to.

device "daq" { driver = "sim", rate = khz(1), seed = 7 }

led "470" { device = "daq", line = 0, current = ma(40), max = ma(100) }
led "415" { device = "daq", line = 1, current = ma(20), max = ma(100) }
channel "vta_470" { device = "daq", line = 0, led = "470" }
channel "vta_415" { device = "daq", line = 1, led = "415" }
signal "vta" {
  signal = "vta_470", control = "vta_415", mode = "time-division",
  sensor = "dLight1.1", region = "ventral-striatum",
}
input "lick" { device = "daq", line = 0, sensor = "beam" }
input "button" { device = "daq", line = 1, sensor = "estop" }

output "water" {
  device = "daq", line = 4, kind = "valve", guard = "none", accept_unguarded = true,
  max_on = ms(200), min_gap = ms(50), max_session = ul(1500),
  opening = { { ul(1), ms(12) }, { ul(10), ms(100) } },
}
output "laser" { device = "daq", line = 5, kind = "laser", guard = "device_timed", max_on = ms(20), min_gap = ms(10) }
