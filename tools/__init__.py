"""What builds and checks the project; nothing that a learner runs."""
