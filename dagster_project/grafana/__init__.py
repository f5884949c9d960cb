"""Published figures for Prometheus, and the technical dashboard for Grafana."""
