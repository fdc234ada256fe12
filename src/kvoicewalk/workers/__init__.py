"""Who hears: this process, several beside it, or a cluster; the numbers are the same.

bench.py      one evaluator, and what a search adds to it: answers requests
spec.py       what an evaluator is built from, in any process
dispatch.py   hands requests to workers, gives replies back in order, makes up for lost workers
processes.py  workers that are processes on this machine
ray_fleet.py  workers that are actors of a Ray cluster
"""
