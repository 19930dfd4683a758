-- A debounce of half a millisecond would count every bounce.
device "daq" { driver = "fake", rate = khz(1) }
input "lick" {
  device = "daq", line = 0, sensor = "beam",
  debounce = us(500),
}
