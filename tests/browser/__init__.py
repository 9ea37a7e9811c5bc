"""The pages in Chromium: one broker, worker and console for all of these tests."""
