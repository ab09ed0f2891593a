"""Skills: functions, HTTP operations and tools that fetch evidence, behind one way of being called."""
