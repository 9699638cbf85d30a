"""One page per step of the workflow, each on the service of the same name."""
