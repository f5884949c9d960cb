"""Alerts by priority: rules over what is published, the alerts they find in a release, messages of what is new."""
