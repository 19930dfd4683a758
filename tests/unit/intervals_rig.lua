-- Nothing but a mouse's spout and a speaker.
device "daq" { driver = "sim", rate = khz(1), seed = 7 }
input "lick" { device = "daq", line = 0, sensor = "beam" }
output "water" {
  device = "daq", line = 4, kind = "valve", guard = "device_timed",
  max_on = ms(30), min_gap = ms(5), max_session = ul(9000),
  opening = { { ul(1), ms(12) }, { ul(4), ms(42) } },
}
output "tone" { device = "daq", kind = "sound", hz = hz(6000), max_on = sec(2) }
