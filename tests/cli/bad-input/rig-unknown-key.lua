-- max_on is misspelt.
device "daq" { driver = "fake", rate = khz(1) }
output "water" {
  device = "daq", line = 4, kind = "valve", guard = "device_timed",
  -- the longest opening
  max_onn = ms(200), min_gap = ms(50), max_session = ul(1500),
  opening = { { ul(1), ms(12) }, { ul(4), ms(42) }, { ul(10), ms(100) } },
}
