/** What a layer computes in training, by method, in LaTeX; and what its collapsed kernel is. */
export const methodEquations: Readonly<Record<string, string>> = {
  plain: 'y = W * x + b',
  fnl: String.raw`W = \mathrm{fold}(U\,M\,V), \qquad \text{penalty } \tfrac{\lambda}{2}\,\lVert U M V\rVert_F^2`,
  repvgg: String.raw`\begin{gathered}
y = \mathrm{BN}_3(W_3 * x) + \mathrm{BN}_1(W_1 * x) + \mathrm{BN}_0(x) \\[4pt]
\longrightarrow\quad W = \tfrac{\gamma_3}{\sigma_3} W_3 + \mathrm{pad}\!\left(\tfrac{\gamma_1}{\sigma_1} W_1\right) + \tfrac{\gamma_0}{\sigma_0} I
\end{gathered}`,
  acb: String.raw`\begin{gathered}
y = \mathrm{BN}_s(W_{k\times k} * x) + \mathrm{BN}_w(W_{1\times k} * x) + \mathrm{BN}_t(W_{k\times 1} * x) \\[4pt]
\longrightarrow\quad W = \tfrac{\gamma_s}{\sigma_s} W_{k\times k} + \mathrm{pad}\!\left(\tfrac{\gamma_w}{\sigma_w} W_{1\times k}\right) + \mathrm{pad}\!\left(\tfrac{\gamma_t}{\sigma_t} W_{k\times 1}\right)
\end{gathered}`,
  dbb: String.raw`\begin{gathered}
y = \mathrm{BN}(W_k * x) + \mathrm{BN}(W_1 * x) \\[4pt]
{} + \mathrm{BN}\big(W_k' * \mathrm{BN}(W_1' * x)\big) + \mathrm{BN}\big(\mathrm{mean}_k(\mathrm{BN}(W_1'' * x))\big)
\end{gathered}`,
  mobileone: String.raw`y = \sum_{j=1}^{n} \mathrm{BN}_j(W_j * x) + \mathrm{BN}_1(W_{1\times 1} * x) + \mathrm{BN}_0(x)`,
  expandnets: String.raw`W = W_{1\times 1}^{\mathrm{out}} \star W_{k\times k} \star W_{1\times 1}^{\mathrm{in}}, \qquad
c_{\mathrm{in}} \to r\,c_{\mathrm{in}} \to r\,c_{\mathrm{out}} \to c_{\mathrm{out}}`,
  doconv: String.raw`W_{s,i,o} = \sum_{d=1}^{D} D_{s,d,i}\; V_{d,i,o}, \qquad D \ge k_h k_w`,
  orepa: String.raw`W = \sum_{b} s_b \odot W_b(\theta_b), \qquad y = \mathrm{BN}(W * x)`,
  sgs: String.raw`\nabla_{W_{s}}\mathcal L \;\leftarrow\; m_s\,\nabla_{W_{s}}\mathcal L, \qquad
m_s \propto \frac{k\,d_s}{(k-1)\,d_s + 1}, \quad \tfrac1S\sum_s m_s = 1`,
  trirep: String.raw`\begin{gathered}
W = s_c\,(V \cdot M \cdot U) + s_p\,\mathrm{pad}(K_1) + s_d\,I \\[4pt]
\text{whitening: } V = \big(\tfrac{1}{s}\,\mathrm{Cov}(x) + r\,I\big)^{-1/2},\; U = I; \qquad \text{trained: } V = I + a\hat V,\; U = I + a\hat U
\end{gathered}`,
};
