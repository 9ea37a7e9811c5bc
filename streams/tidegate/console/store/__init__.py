"""The console's database: its tables, its migrations, and the questions asked of it. No HTTP."""
