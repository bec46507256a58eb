"""What a test suite uses: fixtures that run a vendor's sandbox."""
