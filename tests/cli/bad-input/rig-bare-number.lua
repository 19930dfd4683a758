-- max_on has no unit.
device "daq" { driver = "fake", rate = khz(1) }
output "water" {
  device = "daq", line = 4, kind = "valve", guard = "device_timed",
  opening = { { ul(1), ms(12) }, { ul(4), ms(42) }, { ul(10), ms(100) } },
  min_gap = ms(50), max_session = ul(1500),
  max_on = 200,
}
