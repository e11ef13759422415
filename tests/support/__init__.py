"""What tests of several folders share: packets, trainings, the browser, places."""
