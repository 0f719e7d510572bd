module swarm/guest

go 1.19
