-- A line is a number, not a text.
device "daq" { driver = "fake", rate = khz(1) }
input "lick" { device = "daq",
  line = "0", sensor = "beam" }
