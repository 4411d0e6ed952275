/**
 * How many times its own length a gradient, or what the tasks have in common, may be stretched to undo that gradients
 * cancel.
 *
 * Gramians come from float32 gradients, and each product of two gradients is rounded by 6e-8 of their lengths. A
 * combination of gradients that is shorter than a few 1e-4 of its parts is therefore rounding, and a balancer
 * that divides by its length would follow that with weights without limit. Published code keeps such
 * divisions finite with constants, 1e-8 under CAGrad's roots and a residual of 1e-3 in Nash-MTL's solver, that
 * suppose gradients of a length about 1; here the same is said relative to the gradients, so that it means the
 * same at every scale.
 */
export const reach = 1000;
