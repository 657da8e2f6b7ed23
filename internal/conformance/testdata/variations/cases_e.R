# Writes corner cases of groups E: Rscript cases_e.R
# R 4.2.2; MASS 7.3-58.2, robustbase 0.95-0. Tiny samples, ties, constant answers, weights of all sizes.
# The script makes many more cases than are kept: all agreed when it was run
# whole (keep <- NULL), but for those that docs/methods/conventions.md lists.
keep <- c("E_location_n4", "E_location_even_ties", "E_weighted_zero", "E_weighted_third", "E_zm_b", "E_rlm_l6", "E_rlm_w5")
suppressMessages({library(survey); library(MASS); library(jsonlite); library(robustbase)})
options(survey.lonely.psu="fail")
source("writing.R") # run in this directory
fixedM <- function(x, psiw, s, start, w=rep(1,length(x))) { mu <- start; for (i in 1:2000) { u <- psiw((x-mu)/s); m2 <- sum(w*u*x)/sum(w*u); if (abs(m2-mu) < 1e-15*s) break; mu <- m2 }; list(mu=mu,s=s,u=psiw((x-mu)/s)) }
hub <- function(k) function(r) pmin(1, k/abs(r))
tuk <- function(k) function(r) ifelse(abs(r)<k,(1-(r/k)^2)^2,0)
rlmres <- function(e) try1({m <- e; list(mu=n1(coef(m)), se=n1(summary(m)$coefficients[1,2]), s=n1(m$s), w=n1(m$w))})
loc <- function(name, x) {
  n <- length(x); md <- median(x); s <- mad(x)
  e <- list(n=n, mean=mean(x), sd=n1(sd(x)), median=md, mad=s, mad_raw=mad(x,constant=1), iqr_type7=IQR(x), iqr_sigma=IQR(x)/1.34898 , trimmed10=mean(x,trim=.1), trimmed20=mean(x,trim=.2))
  e$iqr_sigma <- IQR(x)/(2*qnorm(.75))
  for (k in c(1.345,1.5)) { e[[paste0("huber_mad_k",k)]] <- try1({h <- huber(x,k,tol=1e-13); list(mu=h$mu,s=h$s)})
    e[[paste0("hubers_k",k)]] <- try1({h <- hubers(x,k,tol=1e-13); list(mu=n1(h$mu),s=n1(h$s))})
    e[[paste0("huberM_k",k)]] <- try1({h <- huberM(x,k,se=TRUE,tol=1e-13); list(mu=h$mu,s=h$s,se=n1(h$SE))}) }
  e$rlm_huber_iterated_mad <- rlmres(rlm(x~1,acc=1e-13,maxit=500))
  e$rlm_bisquare_iterated_mad <- rlmres(rlm(x~1,psi=psi.bisquare,acc=1e-13,maxit=500))
  e$rlm_huber_proposal2 <- rlmres(rlm(x~1,scale.est="proposal 2",acc=1e-13,maxit=500))
  if (s>0) { b <- fixedM(x,tuk(4.685),s,md); e$bisquare_fixed_mad <- list(mu=b$mu,s=s,w=b$u); b <- fixedM(x,hub(1.345),s,md); b$u[is.nan(b$u)]<-1; e$huber_fixed_mad <- list(mu=b$mu,s=s,w=b$u) }
  e$qn <- Qn(x); e$qn_no_finite_corr <- Qn(x,finite.corr=FALSE); e$sn <- Sn(x); e$sn_no_finite_corr <- Sn(x,finite.corr=FALSE)
  e$scaleTau2 <- try1(n1(scaleTau2(x))); e$medcouple <- n1(mc(x,doScale=FALSE))
  e$lmrob_mm <- try1({set.seed(1); m <- lmrob(x~1,method="MM",control=lmrob.control(max.it=1000,k.max=5000,rel.tol=1e-14,refine.tol=1e-12,nResample=2000)); list(mu=n1(coef(m)),se=n1(sqrt(diag(vcov(m)))),scale=n1(m$scale),w=n1(m$rweights))})
  out(dir,paste0("E_location_",name),"E.location_scale",data.frame(x=x),list(k_huber=c(1.345,1.5),k_bisquare=4.685),e,tol=list(rel=1e-8,abs=1e-9,lmrob_mm=1e-6,rlm=1e-7))
}
set.seed(5)
loc("n2",c(3,7)); loc("n3",c(1,2,10)); loc("n4",c(1,1,4,5)); loc("n5",c(5,4,4,3,1)); loc("n9",c(2,5,3,9,4,4,8,1,30)); loc("n1",7)
loc("even_ties",c(1,1,1,2,2,3,3,3,4,5)); loc("bimodal",c(rep(10,6),rep(90,6))); loc("outlier1e9",c(rnorm(20,50,5),1e9)); loc("tiny",rnorm(15)*1e-9); loc("big",1e8+round(rnorm(17,0,4),2))
loc("negative",-c(1,3,2,8,5,9,4)); loc("likert",sample(1:5,60,TRUE,c(.05,.1,.2,.3,.35))); loc("likert2",sample(1:5,61,TRUE,c(.2,.2,.2,.2,.2))); loc("cauchy",round(rcauchy(40),3)); loc("expo",round(rexp(33),4)); loc("half",c(0,0,0,1,2,3)); loc("score100",sample(c(0,25,50,75,100),45,TRUE,c(.1,.1,.2,.35,.25)))
loc("n12",round(rnorm(12),2)); loc("n13",round(rnorm(13),2)); loc("n150",round(rnorm(150),2)); loc("zeromad",c(5,5,5,5,5,5,4,3,1)); loc("twoval",c(0,1,0,1,1,0,1)); loc("sameplus",c(rep(3,8),4))
# weighted
wq <- function(x,w,p) { o <- order(x); cw <- cumsum(w[o])/sum(w); x[o][which(cw >= p-1e-12)[1]] }
wmedavg <- function(x,w) { u <- sort(unique(x)); ww <- sapply(u,function(v) sum(w[x==v])); cw <- cumsum(ww)/sum(ww); i <- which(cw>=.5-1e-12)[1]; if (abs(cw[i]-.5)<1e-12) (u[i]+u[i+1])/2 else u[i] }
wmedlow <- function(x,w) { u <- sort(unique(x)); ww <- sapply(u,function(v) sum(w[x==v])); u[which(cumsum(ww)/sum(ww)>=.5-1e-12)[1]] }
wmedhigh <- function(x,w) { u <- sort(unique(x)); ww <- sapply(u,function(v) sum(w[x==v])); u[which(cumsum(ww)/sum(ww)>.5+1e-12)[1]] }
wl <- function(name,x,w) {
  keep <- w>0; xx <- x[keep]; ww <- w[keep]
  e <- list(weighted_mean=weighted.mean(x,w), weighted_median_lower=wmedlow(x,w), weighted_median_average=wmedavg(x,w), wgt_himedian=wmedhigh(x,w))
  m <- wmedavg(x,w); s <- 1.482602*wmedavg(abs(x-m),w); e$weighted_mad <- s
  mh <- wmedhigh(x,w); s0 <- wmedhigh(abs(x-mh),w)
  e$huberM_default_scale <- if (s0>0) {b <- fixedM(x,hub(1.345),s0,mh,w); list(mu=b$mu,s=s0)} else list(mu=mh,s=0)
  if (s>0) { b <- fixedM(x,hub(1.345),s,m,w); b$u[is.nan(b$u)] <- 1; e$huber_fixed_wmad <- list(mu=b$mu,s=s,u=b$u); e$huberM_given_scale <- list(mu=b$mu,s=s)
    b <- fixedM(x,tuk(4.685),s,m,w); e$bisquare_fixed_wmad_start_median <- list(mu=b$mu,s=s,u=b$u); b <- fixedM(x,tuk(4.685),s,weighted.mean(x,w),w); e$bisquare_fixed_wmad_start_mean <- list(mu=b$mu) }
  for (sh in c(.05,.1)) { lo <- wq(x,w,sh); hi <- wq(x,w,1-sh); }
  out(dir,paste0("E_weighted_",name),"E.weighted_location",data.frame(x=x,w=w),list(k_huber=1.345,k_bisquare=4.685),e,design=list(weight="w"),tol=list(rel=1e-8,abs=1e-8))
}
wl("n2",c(1,5),c(1,3)); wl("zero",c(1,2,3,4,50),c(1,1,2,1,0)); wl("huge",c(60,70,80,90,10,65,72),c(1,1,1,1,1e9,1,1)); wl("tinyw",c(60,70,80,90,10,65,72),c(1,1,1,1,1,1,1)*1e-12)
wl("n1",4,2.5); wl("frac",c(3,1,4,1,5,9,2,6),rep(.1,8)); wl("third",c(3,1,4,1,5,9,2,6,5),rep(1/3,9)); wl("likert",sample(1:5,80,TRUE,c(.05,.1,.2,.3,.35)),round(runif(80,.5,9),2)); wl("scores",round(rnorm(41,70,10),1),rexp(41)); wl("half",c(1,2,3,4),c(1,1,1,1)); wl("halfw",c(1,2,3),c(2,1,1)); wl("neg",-round(rexp(20),2),sample(1:4,20,TRUE))
# zero mad
zm <- function(name,x,w) { s <- mad(x)
  e <- list(mad=s,mean=mean(x),weighted_mean=weighted.mean(x,w),median=median(x),iqr_type7=IQR(x),sd=n1(sd(x)))
  e$mass_huber_says <- try1({h <- huber(x); list(mu=h$mu,s=h$s)}); h <- huberM(x,k=1.5); e$huberM <- list(mu=h$mu,s=h$s)
  out(dir,paste0("E_zm_",name),"E.zero_mad",data.frame(x=x,w=w),NULL,e,design=list(weight="w"),tol=list(rel=1e-8,abs=1e-9)) }
zm("a",c(5,5,5,5,4),rep(1,5)); zm("b",c(1,5),c(1,2)); zm("c",c(5,5,5,5,5,1),c(1,1,1,1,1,9)); zm("d",3,1); zm("e",c(1,1,1,2,3,4,5),7:1)
# regression
g <- function(m) list(coef = as.list(coef(m)), s = m$s, se = as.list(summary(m)$coefficients[, 2]), w = as.numeric(m$w))
rr <- function(name,f,d,wt=FALSE) {
  e <- list(huber=try1(g(rlm(f,d,acc=1e-14,maxit=2000))), bisquare_from_ls=try1(g(rlm(f,d,psi=psi.bisquare,acc=1e-14,maxit=2000))), hampel=try1(g(rlm(f,d,psi=psi.hampel,acc=1e-14,maxit=2000))), huber_proposal2=try1(g(rlm(f,d,scale.est="proposal 2",acc=1e-14,maxit=2000))))
  if (wt) { e$huber_prior_invvar <- try1(g(rlm(f,d,weights=w,acc=1e-14,maxit=2000))); e$bisquare_prior_invvar <- try1(g(rlm(f,d,weights=w,psi=psi.bisquare,acc=1e-14,maxit=2000)))
    m <- try1(rlm(f,d,weights=w,wt.method="case",acc=1e-14,maxit=2000)); if (!is.character(m)) e$huber_prior_case <- list(coef=as.list(coef(m)),se=as.list(summary(m)$coefficients[,2])) }
  out(dir,paste0("E_rlm_",name),"E.robust_regression",d,list(formula=gsub(" ","",deparse(f))),e,design=if (wt) list(weight="w"),tol=list(rel=1e-6,abs=1e-7)) }
for (i in 1:6) { n <- c(12,20,35,80,15,200)[i]; d <- data.frame(x=round(rnorm(n),2),z=sample(1:5,n,TRUE),g=sample(c("b","a","c"),n,TRUE),w=round(runif(n,.5,5),2)); d$y <- round(2+3*d$x-d$z+rnorm(n)+c(rep(30,2),rep(0,n-2)),2); if (i>3) d$y[5] <- NA
 rr(paste0("a",i),y~x+z,d); rr(paste0("w",i),y~x+z,d,TRUE); if (n>15) rr(paste0("g",i),y~x+g,d,TRUE) ; rr(paste0("l",i),z~x,d) }
