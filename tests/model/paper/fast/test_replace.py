"""All modules of one class are replaced. Others stay."""

import torch
from torch import nn

from jukedrummer.model.paper.fast.dropout import FastDropout
from jukedrummer.model.paper.fast.replace import replace_modules


def test_modules_of_exactly_the_class_are_replaced_in_place() -> None:
    inner = nn.Sequential(nn.Dropout(0.2), nn.Linear(2, 2), FastDropout(0.4))
    network = nn.ModuleDict({"list": nn.ModuleList([nn.Dropout(0.1), inner])})
    weight = inner[1].weight
    names = list(network.state_dict())
    replace_modules(network, nn.Dropout, lambda dropout: nn.Dropout1d(dropout.p))
    assert [type(module) for module in inner] == [nn.Dropout1d, nn.Linear, FastDropout]
    assert network["list"][0].p == 0.1
    assert network["list"][1] is inner
    assert inner[1].weight is weight
    assert list(network.state_dict()) == names
    assert torch.equal(network.state_dict()["list.1.1.weight"], weight)
