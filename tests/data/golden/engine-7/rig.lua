-- The simulated rig: one mouse, one fibre in the ventral striatum, a lick spout with a valve, a laser and a speaker.
-- No hardware is touched. A real rig differs in its drivers and lines.

device "daq" { driver = "sim", rate = khz(1), seed = 7 }

-- Photometry: the 470 nm LED excites dLight, the 415 nm one shows what is not dopamine.
led "470" { device = "daq", line = 0, current = ma(40), max = ma(100) }
led "415" { device = "daq", line = 1, current = ma(20), max = ma(100) }
channel "vta_470" { device = "daq", line = 0, led = "470" }
channel "vta_415" { device = "daq", line = 1, led = "415" }
signal "vta" {
  signal = "vta_470", control = "vta_415", mode = "time-division",
  sensor = "dLight1.1", region = "ventral-striatum",
  lowpass = hz(20),
}

input "lick" { device = "daq", line = 0, sensor = "beam", debounce = ms(60) }

-- The limits stand here, so that no task can pass them.
output "water" {
  device = "daq", line = 4, kind = "valve", guard = "device_timed",
  max_on = ms(200), min_gap = ms(50), max_session = ul(1500), max_day = ul(2500),
  opening = { { ul(1), ms(12) }, { ul(4), ms(42) }, { ul(10), ms(100) } },
}
output "laser" {
  device = "daq", line = 5, kind = "laser", guard = "device_timed",
  max_on = ms(20), min_gap = ms(10), duty = { 0.2, per = sec(1) },
  power = mw(10), max_energy = { mj(50), per = sec(60) },
}
output "tone" { device = "daq", kind = "sound", hz = hz(6000), max_on = sec(2) }
