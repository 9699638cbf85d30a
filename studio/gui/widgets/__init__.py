"""Widgets that draw: live signal, training curves, confusion matrix, memory bars, scores, jobs."""
