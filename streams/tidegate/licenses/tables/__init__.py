"""The data of this room: working days as the State Council set them."""
