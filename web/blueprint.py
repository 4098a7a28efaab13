"""The blueprint that every view hangs its route on."""

from flask import Blueprint

pages = Blueprint("pages", "web", template_folder="templates", static_folder="static", static_url_path="/static")
