"""How good trained heads are: runs in a table, and all that is known of one."""
