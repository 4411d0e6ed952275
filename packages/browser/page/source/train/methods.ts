import { acb } from '@overparam/method-acb';
import { dbb } from '@overparam/method-dbb';
import { doconv } from '@overparam/method-doconv';
import { expandnets } from '@overparam/method-expandnets';
import { fnl } from '@overparam/method-fnl';
import { mobileone } from '@overparam/method-mobileone';
import { trirep } from '@overparam/method-new';
import { orepa } from '@overparam/method-orepa';
import { repvgg } from '@overparam/method-repvgg';

/** The methods that the page offers, the first one chosen at the start. */
export const methods = [repvgg, trirep, dbb, acb, mobileone, fnl, expandnets, doconv, orepa];
