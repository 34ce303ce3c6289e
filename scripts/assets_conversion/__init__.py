"""What `scripts/make_assets.py` does, one step a module; none of it enters an executable or the wheel."""
