"""What `xuemai.toml` and the files that it names say of a site: a table a module, read when the site is opened."""
