"""Dynamic foraging, coupled baiting: the base curriculum of 2023, in four stages."""
