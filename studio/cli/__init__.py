"""The command line: one module per verb, each with HELP, add_arguments, run and text."""
