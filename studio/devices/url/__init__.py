"""pyserial's URL handlers of this program: it finds `protocol_NAME` here by name."""
