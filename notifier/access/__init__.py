"""Who may do what: accounts, bearer tokens, enrolled buttons, users of this machine."""
