-- The simulated rig with a mouse whose dopamine has transients that nothing outside explains, one in four seconds.
-- No hardware is touched.

device "daq" { driver = "sim", rate = khz(1), seed = 7, spontaneous = hz(0.25) }

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
output "laser" {
  device = "daq", line = 5, kind = "laser", guard = "device_timed",
  max_on = ms(20), min_gap = ms(10), duty = { 0.2, per = sec(1) },
  power = mw(10), max_energy = { mj(50), per = sec(60) },
}
