"""What an executable is, holds and needs: read from its files, without running any of them."""
