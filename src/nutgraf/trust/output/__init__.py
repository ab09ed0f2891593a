"""What may leave as text: links that are allowed, no images, no markup, nothing hidden."""
