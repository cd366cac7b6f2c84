"""What is captured is what the layers put out, whatever the next layer does to it."""

from __future__ import annotations

import operator

import pytest
import torch
from torch import fx, nn

from studio.ml.backbones import architectures
from studio.ml.looking.capture import Capture, call_name
from studio.ml.looking.layers import layers
from studio.ml.looking.network import LookedNetwork, load_looked


def random_network(name: str, compute) -> LookedNetwork:
    """Of torchvision's, with random weights that keep values in range."""
    module = architectures.without_weights(name, 10)
    if name == "vgg16":  # 119 million numbers that take time to draw, where a few do as well
        sizes = {0: (25088, 32), 3: (32, 32), 6: (32, 10)}
        for index, size in sizes.items():
            module.classifier[index] = nn.Linear(*size, device="meta")
    module = module.to_empty(device="cpu").eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(1)
    for key, tensor in module.state_dict().items():
        if tensor.dim() > 1:
            fan = tensor[0].numel()
            tensor.copy_((torch.rand(tensor.shape, generator=generator) - 0.5) * (12 / fan) ** 0.5)
        elif key.endswith(("running_mean", "bias")):
            tensor.uniform_(-0.2, 0.2, generator=generator)
        elif tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5, generator=generator)
        else:
            tensor.zero_()
    return LookedNetwork(name, None, module, compute, 64)


class Recorder(fx.Interpreter):
    """Runs a traced network, rewritten so that nothing is done in place, and keeps the output of every call."""

    def __init__(self, network: nn.Module) -> None:
        graph = fx.symbolic_trace(network)
        self.in_place = 0
        for node in graph.graph.nodes:
            if node.op == "call_function":
                if node.target is operator.iadd:
                    node.target = operator.add
                    self.in_place += 1
                if node.kwargs.get("inplace"):
                    node.kwargs = {**node.kwargs, "inplace": False}
                    self.in_place += 1
        for module in graph.modules():
            if getattr(module, "inplace", False):
                module.inplace = False
                self.in_place += 1
        graph.recompile()
        super().__init__(graph)
        self.outputs: dict[str, torch.Tensor] = {}
        self._calls: dict[str, int] = {}

    def call_module(self, target, args, kwargs):
        output = super().call_module(target, args, kwargs)
        self._calls[target] = self._calls.get(target, 0) + 1
        self.outputs[call_name(target, self._calls[target])] = output
        return output


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "vgg16"])
def test_captured_values_are_those_of_the_network_without_in_place_operations(name, cpu):
    network = random_network(name, cpu)
    picture = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    names = [row.name for row in layers(network)]
    with torch.inference_mode(), Capture(network.module, names) as capture:
        captured = dict(capture.run(picture.clone()))
    recorder = Recorder(network.module)
    with torch.inference_mode():
        recorder.run(picture)
    assert recorder.in_place > 5
    assert list(captured) == names
    assert captured.keys() == recorder.outputs.keys()
    for key, expected in recorder.outputs.items():
        assert torch.equal(captured[key], expected), key


def test_without_the_copy_in_place_layers_would_change_what_was_noted(cpu):
    network = random_network("resnet18", cpu)
    noted = {}
    handle = network.module.bn1.register_forward_hook(lambda module, inputs, output: noted.update(raw=output))
    with torch.inference_mode(), Capture(network.module, ["bn1"]) as capture:
        copied = capture.run(torch.randn(1, 3, 64, 64))["bn1"]
    handle.remove()
    assert noted["raw"].min() == 0 and copied.min() < 0


def test_the_bundled_network_has_52_leaf_layers_and_the_second_calls_of_its_relus(cpu):
    names = [row.name for row in layers(load_looked(None, cpu))]
    assert len({name.partition("#")[0] for name in names}) == 52
    assert len(names) == len(set(names)) == 60
    assert "layer1.0.relu#2" in names


def test_a_forward_can_end_at_the_last_wanted_layer_and_leaves_no_hooks(cpu):
    network = load_looked(None, cpu)
    later = []
    handle = network.module.layer3.register_forward_hook(lambda *_: later.append(1))
    with torch.inference_mode(), Capture(network.module, ["layer1", "layer2.0.conv1"], leave_after=True) as capture:
        first = capture.run(torch.zeros(1, 3, 64, 64))
        again = capture.run(torch.ones(1, 3, 64, 64))
    assert not later
    assert list(first) == ["layer1", "layer2.0.conv1"] and list(again) == list(first)
    assert not torch.equal(first["layer1"], again["layer1"])
    with torch.inference_mode():
        network.module(torch.zeros(1, 3, 64, 64))
    assert later
    handle.remove()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.module.modules())


def test_a_layer_that_is_never_called_is_named(cpu):
    module = nn.ModuleDict({"used": nn.Identity(), "unused": nn.Identity()})
    module.forward = lambda values: module["used"](values)  # type: ignore[method-assign]
    with pytest.raises(KeyError, match="unused"), Capture(module, ["unused"]) as capture:
        capture.run(torch.zeros(1))
    with pytest.raises(KeyError):
        Capture(module, ["missing"])


def test_gradients_go_through_captured_outputs(cpu):
    network = load_looked(None, cpu)
    picture = torch.randn(1, 3, 64, 64, requires_grad=True)
    with Capture(network.module, ["layer2"], leave_after=True) as capture:
        capture.run(picture)["layer2"].sum().backward()
    assert picture.grad is not None and picture.grad.abs().sum() > 0


def test_hooks_change_no_map_of_captum(cpu):
    attr = pytest.importorskip("captum.attr")
    network = load_looked(None, cpu)
    picture = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(3))

    def maps():
        gradients = attr.IntegratedGradients(network.module).attribute(picture, target=3, n_steps=4)
        return gradients, attr.LayerGradCam(network.module, network.module.layer4).attribute(picture, target=3)

    expected = maps()
    with Capture(network.module, [row.name for row in layers(network)]):
        found = maps()
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(found, expected, strict=True))
