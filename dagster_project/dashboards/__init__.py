"""Dashboards: pages made from a release, plain files that open from disk. Reads a release file and nothing else."""
