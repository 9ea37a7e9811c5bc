"""What tests share: real parts that are started for them. No test lives here."""
