-- The simulated rig with a spout on either side, each with its valve, and a speaker: for tasks with choices.
-- No hardware is touched. The mouse learns what each spout gives after a cue.

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

input "left"  { device = "daq", line = 0, sensor = "beam", debounce = ms(60) }
input "right" { device = "daq", line = 1, sensor = "beam", debounce = ms(60) }

-- The limits stand here, so that no task can pass them. The valve on the lower line is the left one.
output "water_left" {
  device = "daq", line = 4, kind = "valve", guard = "device_timed",
  max_on = ms(200), min_gap = ms(50), max_session = ul(1500), max_day = ul(2500),
  opening = { { ul(1), ms(12) }, { ul(4), ms(42) }, { ul(10), ms(100) } },
}
output "water_right" {
  device = "daq", line = 6, kind = "valve", guard = "device_timed",
  max_on = ms(200), min_gap = ms(50), max_session = ul(1500), max_day = ul(2500),
  opening = { { ul(1), ms(12) }, { ul(4), ms(42) }, { ul(10), ms(100) } },
}
output "tone" { device = "daq", kind = "sound", hz = hz(6000), max_on = sec(2) }
