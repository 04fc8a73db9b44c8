"""On a Ray cluster a run is what it is in memory, also when workers die."""

import threading
import time

import pytest

ray = pytest.importorskip("ray", reason="needs the extra [ray]")

from finesift import pipeline  # noqa: E402
from finesift.engine import flow  # noqa: E402
from finesift.engine.cluster import Cluster  # noqa: E402
from finesift.engine.memory import Sizes  # noqa: E402
from finesift.errors import RunError  # noqa: E402

from .alike import assert_alike  # noqa: E402
from .test_flow import recipe_for, rows_of, write  # noqa: E402

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("default")]
SIZES = Sizes(2, shard=1, bucket=3_000)


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one worker each, on this machine; their processes are ended by their handles."""
    from ray.cluster_utils import Cluster as Nodes

    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 100 << 20})
    nodes.add_node(num_cpus=1, object_store_memory=100 << 20)
    yield Cluster(nodes.address)
    ray.shutdown()
    nodes.shutdown()


@pytest.fixture
def recipe(tmp_path):
    return recipe_for(write(tmp_path / "data", rows_of(11, 240), 6))


def test_two_nodes_give_the_run_that_memory_gives(cluster, recipe, tmp_path):
    assert len([node for node in ray.nodes() if node["Alive"]]) == 2
    other = flow.prep(recipe, tmp_path / "run", cluster, SIZES)
    assert_alike(pipeline.prep(recipe, tmp_path / "one"), other)


def test_workers_that_are_killed_change_nothing(cluster, recipe, tmp_path):
    killed = []
    going = True

    def kill():
        import psutil

        while going and len(killed) < 3:
            for process in psutil.Process().children(recursive=True):
                if "ray::_call" in " ".join(process.cmdline()):
                    process.kill()
                    killed.append(process.pid)
                    time.sleep(0.5)
                    break
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    other = flow.prep(recipe, tmp_path / "run", cluster, SIZES)
    going = False
    killer.join()
    assert killed
    assert_alike(pipeline.prep(recipe, tmp_path / "one"), other)


def test_a_folder_that_a_node_does_not_see_is_refused(cluster, recipe, tmp_path, monkeypatch):
    from finesift.engine import cluster as module

    monkeypatch.setattr(module, "whole", lambda path, write: None)
    cluster._checked.clear()
    with pytest.raises(RunError, match="does not see"):
        flow.prep(recipe, tmp_path / "run", cluster, SIZES)
    cluster._checked.clear()
    assert not (tmp_path / "run").exists()


def test_what_a_task_raises_is_raised_here(cluster, recipe, tmp_path):
    missing = recipe.merge(data={"train": [str(tmp_path / "nothing.jsonl")]})
    with pytest.raises(Exception, match="there is no such file"):
        flow.prep(missing, tmp_path / "run", cluster, SIZES)
