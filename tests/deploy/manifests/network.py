"""Who can speak with whom: what the network policies of a namespace add up to."""
import ipaddress

from checks import matches
from manifests import of_kind, pods

# Where others are: their namespace, and the labels of a pod of theirs.
OTHERS = {
    "ingress-nginx": ("ingress-nginx", {}),
    "monitoring": ("monitoring", {}),
    "somebody": ("default", {}),
}
NAME_SERVICE = ("kube-system", {"k8s-app": "kube-dns"})
PUBLIC, METADATA, PRIVATE = "203.0.113.7", "169.254.169.254", "10.1.2.3"


def peer_is(peer, namespace, labels, own):
    """Whether a peer of a rule is a pod with these labels in this namespace. A pod's address is not asked for: policies with
    blocks of addresses are for what is outside."""
    if "ipBlock" in peer:
        return False
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}):
            return False
    elif namespace != own:
        return False
    return matches(peer.get("podSelector", {}), labels)


def ports_of(rule, named):
    for port in rule.get("ports", []):
        yield named.get(port["port"], port["port"])


def allowed(policies, labels, direction, port, is_peer, named):
    """Whether the policies that select a pod with these labels let a peer through in one direction."""
    side = {"ingress": "from", "egress": "to"}[direction]
    selecting = [one for one in policies if matches(one["spec"]["podSelector"], labels)
                 and direction.capitalize() in one["spec"]["policyTypes"]]
    if not selecting:
        return True
    rules = [rule for one in selecting for rule in one["spec"].get(direction, [])]
    return any((not rule.get("ports") or port in ports_of(rule, named))
               and (not rule.get(side) or any(is_peer(peer) for peer in rule[side])) for rule in rules)


def edges(objects):
    """All that is possible: (who, with whom, port)."""
    own = next(one["metadata"]["name"] for one in of_kind(objects, "Namespace"))
    policies = of_kind(objects, "NetworkPolicy")
    found = set()
    for target in pods(objects):
        named = {port["name"]: port["containerPort"] for c in target.spec["containers"] for port in c.get("ports", [])}
        for port in named.values():
            for source in pods(objects):
                out = allowed(policies, source.labels, "egress", port, lambda peer: peer_is(peer, own, target.labels, own), named)
                into = allowed(policies, target.labels, "ingress", port, lambda peer: peer_is(peer, own, source.labels, own), named)
                if out and into:
                    found.add((source.owner.name, target.owner.name, port))
            for name, (namespace, labels) in OTHERS.items():
                if allowed(policies, target.labels, "ingress", port, lambda peer: peer_is(peer, namespace, labels, own), named):
                    found.add((name, target.owner.name, port))
    return found


def ways_out(objects):
    """(who, where, port): the name service, a public address, the clouds' address of credentials, a private address."""
    policies = of_kind(objects, "NetworkPolicy")
    found = set()
    for source in pods(objects):
        if allowed(policies, source.labels, "egress", 53, lambda peer: peer_is(peer, *NAME_SERVICE, "dashly"), {}):
            found.add((source.owner.name, "names", 53))
        for address in (PUBLIC, METADATA, PRIVATE):
            for port in (80, 443, 5432, 6379):
                if allowed(policies, source.labels, "egress", port, lambda peer: has_address(peer, address), {}):
                    found.add((source.owner.name, address, port))
    return found


def has_address(peer, address):
    block = peer.get("ipBlock")
    if block is None:
        return False
    inside = [ipaddress.ip_address(address) in ipaddress.ip_network(one) for one in [block["cidr"], *block.get("except", [])]]
    return inside[0] and not any(inside[1:])
