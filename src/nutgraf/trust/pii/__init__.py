"""Personal data: found in text, masked before it leaves, restored in the stream."""
