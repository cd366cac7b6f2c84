"""What the window watches: the project, the session, jobs and lanes. QtCore and QtGui only."""
