"""What evaluations show: scores, tests between subjects, one page to look at, a difference."""
