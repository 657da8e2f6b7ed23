# Writes corner cases of groups A: Rscript cases_a.R
# R 4.2.2; sampling 2.9. Allocation and sample sizes by the stated formulas, probabilities by sampling.
# The script makes many more cases than are kept: all agreed when it was run
# whole (keep <- NULL), but for those that docs/methods/conventions.md lists.
keep <- c("A_alloc_both", "A_alloc_one", "A_alloc_skew", "A_pps_cert2", "A_ht_cert", "A_size_grid")
suppressMessages({library(survey); library(MASS); library(jsonlite); library(robustbase)})
options(survey.lonely.psu="fail")
source("writing.R") # run in this directory
suppressMessages(library(sampling))
lr <- function(x, cap=NULL) { f <- floor(x+1e-9*0); n <- round(sum(x)); fr <- x-f; k <- n-sum(f); o <- order(-round(fr,9),seq_along(x)); o <- o[]; if (!is.null(cap)) { while (k>0) { for (i in o) if (k>0 && f[i]<cap[i]) { f[i] <- f[i]+1; k <- k-1 } ; if (all(f>=cap)) break } } else for (i in o) if (k>0) { f[i] <- f[i]+1; k <- k-1 }; f }
alloc <- function(name, d, n, mn, a) { N <- d$N; H <- nrow(d)
 m <- list(equal=rep(1,H),proportional=N,neyman=N*d$S,optimal_cost=N*d$S/sqrt(d$cost),power=(d$S/d$mean)*d$X^a,square_root=sqrt(N))
 e <- list(); V <- list()
 for (k in names(m)) { x <- n*m[[k]]/sum(m[[k]]); e[[k]] <- list(real=x,integer=lr(x)) }
 for (k in c("proportional","neyman","optimal_cost","power")) { mm <- m[[k]]; st <- rep("free",H); r <- rep(NA,H); lo <- pmin(mn,N)
  repeat { fr <- st=="free"; rem <- n-sum(r[!fr]); if (!any(fr)) break; r[fr] <- rem*mm[fr]/sum(mm[fr]); over <- fr & r>N+1e-12; und <- fr & r<lo-1e-12; if (!any(over|und)) break
   if (sum((r-N)[over])>=sum((lo-r)[und])) { st[over] <- "take_all"; r[over] <- N[over] } else { st[und] <- "minimum"; r[und] <- lo[und] } }
  e[[paste0(k,"_bounded")]] <- list(real=I(r),status=I(st),integer=lr(r,N)); V[[paste0(k,"_bounded")]] <- sum((N/sum(N))^2*d$S^2/r*(1-r/N)) }
 e$variance_of_mean <- V; W <- N/sum(N); e$neyman_min_variance_formula <- sum(W*d$S)^2/n-sum(W*d$S^2)/sum(N)
 B <- 5000; e$fixed_budget_optimal <- list(budget=B,n_h=I(B*(N*d$S/sqrt(d$cost))/sum(N*d$S*sqrt(d$cost)))); e$cost_of_optimal <- sum(e$optimal_cost$real*d$cost)
 tv <- 1.3*e$neyman_min_variance_formula; if (tv>0) e$n_for_variance <- list(target_variance_of_mean=tv,neyman=sum(W*d$S)^2/(tv+sum(W*d$S^2)/sum(N)),proportional=sum(W*d$S^2)/(tv+sum(W*d$S^2)/sum(N)))
 out(dir,paste0("A_alloc_",name),"A.allocation",d,list(n=n,min_per_stratum=mn,power_a=a),e,tol=list(rel=1e-9,abs=1e-10)) }
mkd <- function(N,S,mean,X=N,cost=rep(10,length(N))) data.frame(stratum=paste0("D",seq_along(N)),N=N,S=S,mean=mean,X=X,cost=cost)
d0 <- read.csv("../../../../../shared/reference/A_allocation_districts.csv"); for (n in c(20,100,401,2000)) for (mn in c(0,1,2,30)) alloc(paste0("vis_",n,"_",mn),d0,n,mn,.3)
alloc("one",mkd(500,10,70),40,2,.5); alloc("zeroS",mkd(c(500,300,200),c(10,0,5),c(70,60,50)),60,2,.5); alloc("tinyN",mkd(c(5000,1,2,3),c(10,12,15,9),c(70,60,50,40)),80,2,.5); alloc("all",mkd(c(10,20,30),c(1,2,3),c(5,5,5)),60,2,.5); alloc("almost",mkd(c(10,20,30),c(1,2,3),c(5,5,5)),59,2,.5); alloc("ties",mkd(rep(100,6),rep(5,6),rep(50,6)),50,3,1); alloc("min",mkd(c(100000,10,10,10),c(10,10,10,10),rep(50,4)),40,5,0); alloc("skew",mkd(c(3,1000,50,7,400),c(200,1,30,80,2),c(10,20,30,40,50),X=c(3000,10,50,700,1),cost=c(1,100,5,30,2)),120,4,.7); alloc("both",mkd(c(5,10,1000,2000),c(900,500,.1,.2),rep(50,4)),60,10,.5)
# pps
pps <- function(name,x,n,u) { pk <- inclusionprobabilities(x,n); C <- cumsum(pk); C0 <- c(0,C[-length(C)]); sel <- which(sapply(seq_along(x),function(k) { j <- ceiling(C0[k]-u-1e-11); if (j<0) j <- 0; u+j >= C0[k]-1e-11 && u+j < C[k]-1e-11 }))
  out(dir,paste0("A_pps_",name),"A.pps_inclusion",data.frame(x=x),list(n=n,systematic_start=u),list(pi=pk,take_all=I(as.integer(which(pk>=1))),sum=sum(pk),systematic_selected=I(sel)),tol=list(rel=1e-9,abs=1e-10)) }
set.seed(2); pps("a",c(10,20,30,40),2,.5); pps("zero",c(0,5,0,9,3,3),2,.11); pps("cert2",c(1000,900,10,9,8,7,500),4,.9); pps("equal",rep(7,9),3,.25); pps("u0",c(3,1,4,1,5,9,2,6),4,.01); pps("big",round(rlnorm(60,5,1.5)),20,.7); pps("all",c(3,4,5),3,.4); pps("one",c(3,4,5),1,.99)
ht <- function(name,y,pi) { n <- length(y); p <- pi/n; z <- y/pi; c1 <- (1-pi)*n/(n-1); A <- sum(c1*z)/sum(c1); e <- list(ht_total=sum(z),hajek_mean=sum(z)/sum(1/pi),var_hansen_hurwitz=n1(var(y/p)/n),var_deville_n=n1(sum(c1*(z-A)^2)),n_eff_kish=sum(1/pi)^2/sum(1/pi^2),sampling_varest=n1(varest(y,pik=pi)))
  out(dir,paste0("A_ht_",name),"A.horvitz_thompson",data.frame(y=y,pi=pi),list(y="y"),e,design=list(inclusion_probability="pi"),tol=list(rel=1e-9,abs=1e-10)) }
ht("a",c(5,3,8,1),c(.2,.5,.9,.1)); ht("cert",c(5,3,8,1,7),c(1,.5,.9,1,.3)); ht("one",4,.3); ht("zeros",c(0,0,3,0),c(.2,.3,.4,.2)); ht("two",c(3,9),c(.25,.125)); ht("allcert",c(3,9,4),c(1,1,1)); ht("rnd",round(rnorm(30,50,10)),runif(30,.02,.98))
ss <- expand.grid(kind=c("proportion","mean"),conf=c(.8,.95,.999),N=c(10,500,1e7),deff=c(.7,1,2.5),response_rate=c(.05,.5,1),stringsAsFactors=FALSE); ss$p <- ifelse(ss$kind=="proportion",c(.5,.01,.99),NA); ss$sd <- ifelse(ss$kind=="mean",c(1,25),NA); ss$moe <- ifelse(ss$kind=="mean",c(.3,5),c(.03,.005)); ss <- ss[c("kind","p","sd","moe","conf","N","deff","response_rate")]
R <- lapply(1:nrow(ss),function(i) { r <- ss[i,]; z <- qnorm(1-(1-r$conf)/2); v <- if (r$kind=="proportion") r$p*(1-r$p) else r$sd^2; n0 <- z^2*v/r$moe^2; nf <- if (r$kind=="proportion") n0/(1+(n0-1)/r$N) else n0/(1+n0/r$N); np <- n0/(1+n0/r$N); nd <- nf*r$deff; cl <- min(ceiling(nd-1e-9*0),r$N); list(row=i,z=z,n0=n0,n_fpc=nf,n_fpc_plain=np,n_deff=nd,n_deff_ceiling=cl,n_invite=ceiling(cl/r$response_rate-1e-9)) })
out(dir,"A_size_grid","A.sample_size",ss,NULL,list(rows=R),tol=list(rel=1e-9,abs=1e-10))
