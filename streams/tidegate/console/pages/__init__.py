"""The pages: routes, templates, style and a little script. Shows records; decides nothing."""
