"""The commands of `tf2exe`, one file each: arguments, and what is shown."""
