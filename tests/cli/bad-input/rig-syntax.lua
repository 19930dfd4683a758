-- A comma is missing.
device "daq" {
  driver = "fake", rate = khz(1)
  debounce = ms(60)
}
