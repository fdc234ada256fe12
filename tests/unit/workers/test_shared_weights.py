"""One copy of a network's weights for several processes."""

import multiprocessing
import os

import pytest
import torch

from kvoicewalk.workers.shared_weights import share_weights, use_shared

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux")


def make(seed):
    torch.manual_seed(seed)
    network = torch.nn.Sequential(
        torch.nn.Conv1d(3, 5, 3), torch.nn.BatchNorm1d(5), torch.nn.LSTM(7, 4, batch_first=True)
    )
    return network.eval().requires_grad_(False)


def speak(network):
    return network(torch.arange(27, dtype=torch.float32).reshape(1, 3, 9) / 27)[0]


def test_numbers_stay_and_are_shared():
    one, other = make(1), make(2)
    before = speak(one)
    weights = share_weights(one)
    assert torch.equal(speak(one), before)
    assert not torch.equal(speak(other), before)
    assert use_shared(other, weights)
    assert torch.equal(speak(other), before)
    one[0].bias.fill_(3.0)
    assert torch.equal(other[0].bias, one[0].bias)  # the same memory
    weights.release()
    assert not use_shared(make(3), weights)
    assert torch.equal(other[0].bias, one[0].bias)


def test_what_another_process_changes_stays_there():
    one = make(1)
    before, weights = speak(one), share_weights(one)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        heard = pool.apply(spoil, (weights,))
    assert torch.equal(torch.tensor(heard), before)
    assert torch.equal(speak(one), before)
    weights.release()


def spoil(weights):
    own = make(2)
    assert use_shared(own, weights)
    heard = speak(own).tolist()
    own[0].weight.zero_()
    return heard


def test_another_network_keeps_its_own():
    weights, other = share_weights(make(1)), torch.nn.Linear(3, 3)
    before = other.weight.clone()
    assert not use_shared(other, weights)
    assert torch.equal(other.weight, before)
    weights.release()


def test_a_network_without_weights_shares_nothing():
    assert share_weights(torch.nn.ReLU()) is None
