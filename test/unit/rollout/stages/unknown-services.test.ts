import { expect } from "chai";
import { decide } from "../../../../rollout/stages/decide.ts";
import { isolate } from "../../../../rollout/stages/prepare.ts";
import { awaitServices } from "../../../../rollout/stages/unknown-services.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import type { Service } from "../../../../kube/core/services.ts";
import { AT_NOON, aService } from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";
