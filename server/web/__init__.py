"""The application: assets, middleware and routes."""
