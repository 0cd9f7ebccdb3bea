"""Makes the test vectors. Nothing in here uses code of the library under test."""
