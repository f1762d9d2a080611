"""Interactives that compute in the browser, for notebooks, slides and pages without a kernel. Needs anywidget."""

from lrcourse.explorers.find_the_rate import FindTheRate
from lrcourse.explorers.ravine import Ravine
from lrcourse.explorers.schedule_explorer import ScheduleExplorer
from lrcourse.explorers.too_fast_a_start import TooFastAStart
from lrcourse.explorers.train_it import TrainIt
from lrcourse.explorers.unknown_end import UnknownEnd
from lrcourse.explorers.where_to_drop import WhereToDrop
from lrcourse.explorers.which_is_better import WhichIsBetter
from lrcourse.explorers.you_decay_it import YouDecayIt

__all__ = ["FindTheRate", "Ravine", "ScheduleExplorer", "TooFastAStart", "TrainIt", "UnknownEnd", "WhereToDrop", "WhichIsBetter",
           "YouDecayIt"]
