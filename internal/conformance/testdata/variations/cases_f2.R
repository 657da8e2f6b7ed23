# Writes corner cases of groups F (agreement): Rscript cases_f2.R
# R 4.2.2; psych 2.2.9, lme4 1.1-31. Agreement and consistency with empty categories, one subject, negative items.
# The script makes many more cases than are kept: all agreed when it was run
# whole (keep <- NULL), but for those that docs/methods/conventions.md lists.
keep <- c("F_kappa_zero_row", "F_fleiss_skew", "F_icc_miss2", "F_kalpha_sparse", "F_alpha_neg")
suppressMessages({library(survey); library(MASS); library(jsonlite); library(robustbase)})
options(survey.lonely.psu="fail")
source("writing.R") # run in this directory
suppressMessages({library(psych);library(vcd);library(lme4)})
# kappa
kap <- function(name,tab,cats) { n <- sum(tab); P <- tab/n; k <- nrow(tab); r <- rowSums(P); cc <- colSums(P); W0 <- diag(k); idx <- function(f) outer(1:k,1:k,f); WL <- 1-abs(idx("-"))/(k-1); WQ <- 1-(idx("-")/(k-1))^2
 e <- list(n=n); v <- list(); for (s in c("unweighted","linear","quadratic")) { W <- list(unweighted=W0,linear=WL,quadratic=WQ)[[s]]; po <- sum(W*P); pe <- sum(W*outer(r,cc)); kp <- (po-pe)/(1-pe)
  wi <- as.vector(W%*%cc); wj <- as.vector(t(W)%*%r); WW <- outer(wi,wj,"+"); se <- sqrt((sum(P*(W-WW*(1-kp))^2)-(kp-pe*(1-kp))^2)/(n*(1-pe)^2)); s0 <- sqrt((sum(outer(r,cc)*(W-WW)^2)-pe^2)/(n*(1-pe)^2))
  e[[s]] <- list(kappa=n1(kp),se=n1(se),observed=po,expected=pe,lower95=n1(kp-qnorm(.975)*se),upper95=n1(kp+qnorm(.975)*se)); e[[s]]$se_null <- n1(s0) }
 d <- as.data.frame(as.table(tab)); d <- data.frame(a=as.integer(d[[1]]),b=as.integer(d[[2]]),n=d$Freq)
 out(dir,paste0("F_kappa_",name),"F.kappa",d,list(categories=cats),e,design=list(frequency="n"),tol=list(rel=1e-9,abs=1e-10)) }
kap("a",matrix(c(10,2,3,1,20,4,0,5,15),3),3); kap("perfect",diag(c(5,6,7)),3); kap("two",matrix(c(40,9,6,45),2),2); kap("none",matrix(c(0,10,10,0),2),2); kap("zero_row",matrix(c(10,0,2,3,0,4,1,0,9),3),3); kap("big",matrix(rpois(36,5),6),6); kap("chance",outer(c(1,2),c(3,3)),2); kap("onecell",matrix(c(12,0,0,0),2),2)
# fleiss
fl <- function(name,X) { N <- nrow(X); m <- ncol(X); cats <- sort(unique(as.vector(as.matrix(X)))); T <- t(apply(X,1,function(r) sapply(cats,function(v) sum(r==v)))); if (length(cats)==1) T <- matrix(T,ncol=1); Pi <- (rowSums(T^2)-m)/(m*(m-1)); p <- colSums(T)/(N*m); po <- mean(Pi); pe <- sum(p^2); k <- (po-pe)/(1-pe); q <- 1-p; se <- sqrt(2/(N*m*(m-1)))*sqrt(sum(p*q)^2-sum(p*q*(q-p)))/sum(p*q)
 bc <- 1-colSums(T*(m-T))/(N*m*(m-1)*p*q); Pm <- sapply(cats,function(v) colMeans(X==v)); pec <- pe-sum(apply(Pm,2,var))/m
 out(dir,paste0("F_fleiss_",name),"F.fleiss",X,NULL,list(kappa=n1(k),se_null=n1(se),z=n1(k/se),observed=po,expected=pe,by_category=as.list(setNames(n1(bc),cats)),exact_conger=n1((po-pec)/(1-pec))),tol=list(rel=1e-9,abs=1e-10)) }
set.seed(4); rX <- function(n,m,k) as.data.frame(matrix(sample(1:k,n*m,TRUE),n,m,dimnames=list(NULL,paste0("r",1:m))))
fl("a",rX(12,3,4)); fl("two",rX(20,2,2)); fl("perfect",data.frame(a=c(1,2,3,1),b=c(1,2,3,1),c=c(1,2,3,1))); fl("many",rX(40,9,5)); fl("zero",{x <- rX(15,4,5)-1; x}); fl("one_subject",rX(1,5,3)); fl("skew",{x <- rX(30,4,2); x[-(1:2),] <- 1; x})
# icc
ic <- function(name,X,anova=TRUE) { r <- try1(ICC(X,missing=FALSE,lmer=TRUE)); if (is.character(r)) { cat(name,r,"\n"); return() }
 f <- function(r) setNames(lapply(1:6,function(i) { z <- r$results[i,]; list(icc=n1(z$ICC),F=n1(z$F),df1=z$df1,df2=z$df2,p=n1(z$p),lower95=n1(z[["lower bound"]]),upper95=n1(z[["upper bound"]])) }),c("ICC1","ICC2","ICC3","ICC1k","ICC2k","ICC3k"))
 long <- data.frame(y=as.vector(as.matrix(X)),s=factor(rep(1:nrow(X),ncol(X))),r=factor(rep(1:ncol(X),each=nrow(X)))); m <- quiet(lmer(y~1+(1|s)+(1|r),long,control=lmerControl(check.nobs.vs.nlev="ignore"))); vc <- as.data.frame(VarCorr(m))
 e <- list(n_subjects=nrow(X),n_raters=ncol(X)); if (!anyNA(X)) { a <- ICC(X,lmer=FALSE); e$anova <- f(a); aa <- anova(lm(y~s+r,long)); e$mean_squares <- list(between_subjects=aa$`Mean Sq`[1],between_raters=aa$`Mean Sq`[2],residual=aa$`Mean Sq`[3],within=(aa$`Sum Sq`[2]+aa$`Sum Sq`[3])/(aa$Df[2]+aa$Df[3])) }
 e$reml <- f(r); e$reml_variance <- list(subject=vc$vcov[vc$grp=="s"],rater=vc$vcov[vc$grp=="r"],residual=vc$vcov[vc$grp=="Residual"])
 out(dir,paste0("F_icc_",name),"F.icc",X,NULL,e,tol=list(rel=1e-7,abs=1e-8,reml=1e-4,reml_variance=1e-4)) }
th <- rnorm(12); ms <- function(n,m,s,miss=0) { X <- as.data.frame(sapply(1:m,function(j) pmin(5,pmax(1,round(3+s*rnorm(n)*0+s*th[(0:(n-1))%%12+1]+rnorm(1,0,.4)+rnorm(n,0,.8)))))); if (miss) X[cbind(sample(n,miss),sample(m,miss,TRUE))] <- NA; X }
ic("a",ms(10,3,1)); ic("two_raters",ms(15,2,1)); ic("noagree",ms(12,4,0)); ic("cont",as.data.frame(matrix(rnorm(40),10))); ic("missing",ms(20,4,1,5)); ic("two_subjects",ms(2,4,1)); ic("three",ms(3,3,1)); ic("big",ms(60,6,1.2)); ic("miss2",ms(12,3,1,7))
# alpha
al <- function(name,X) { cc <- X[complete.cases(X),]; S <- cov(cc); k <- ncol(X); av <- function(S) ncol(S)/(ncol(S)-1)*(1-sum(diag(S))/sum(S)); Sp <- cov(X,use="pairwise"); R <- cov2cor(S)
 e <- list(n_rows=nrow(X),n_complete=nrow(cc),alpha_complete_cases=av(S),alpha_std_complete_cases=av(R),alpha_pairwise=av(Sp),alpha_std_pairwise=av(cor(X,use="pairwise")))
 a <- try1(psych::alpha(cc,check.keys=FALSE,warnings=FALSE)); if (!is.character(a)) { e$guttman6_complete <- n1(a$total$`G6(smc)`); e$average_r_complete <- a$total$average_r; e$ase_complete <- n1(a$total$ase); e$alpha_if_dropped_complete <- as.list(setNames(n1(a$alpha.drop$raw_alpha),rownames(a$alpha.drop))); e$item_rest_r_complete <- as.list(setNames(n1(a$item.stats$r.drop),rownames(a$item.stats))) }
 f <- try1(factanal(cc,1,control=list(opt=list(factr=10),lower=.005,nstart=1))); if (!is.character(f)) { l <- as.vector(f$loadings); u <- f$uniquenesses; e$omega_one_factor_std <- sum(l)^2/(sum(l)^2+sum(u)); s <- sqrt(diag(S)); e$omega_one_factor_raw <- sum(l*s)^2/(sum(l*s)^2+sum(u*s^2)); e$loadings_ml <- as.list(setNames(l,names(X))); e$uniquenesses <- as.list(u) }
 out(dir,paste0("F_alpha_",name),"F.alpha_omega",X,NULL,e,tol=list(rel=1e-8,abs=1e-9,omega_one_factor_std=1e-5,omega_one_factor_raw=1e-5,loadings_ml=1e-4,uniquenesses=1e-4)) }
al("a",ms(40,5,1)); al("miss",ms(50,4,1,12)); al("two",ms(30,2,1)); al("three",ms(25,3,1)); al("neg",{x <- ms(40,4,1); x[[3]] <- 6-x[[3]]; x}); al("none",as.data.frame(matrix(rnorm(120),30))); al("heywood",{z<-rnorm(30);data.frame(a=z,b=z+rnorm(30,0,.05),c=z+rnorm(30),d=rnorm(30))}); al("likert7",{x<-ms(100,7,1.5);x})
# krippendorff: rows = raters
ka <- function(name,X) { X <- as.matrix(X); vals <- sort(unique(na.omit(as.vector(X)))); k <- length(vals); O <- matrix(0,k,k); for (u in 1:ncol(X)) { v <- na.omit(X[,u]); m <- length(v); if (m<2) next; for (i in 1:m) for (j in 1:m) if (i!=j) { a <- match(v[i],vals); b <- match(v[j],vals); O[a,b] <- O[a,b]+1/(m-1) } }
 keep <- rowSums(O)>0; O <- O[keep,keep,drop=FALSE]; vals <- vals[keep]; k <- length(vals); nc <- rowSums(O); n <- sum(nc)
 D <- list(nominal=1-diag(k),ordinal=outer(1:k,1:k,Vectorize(function(a,b) if (a==b) 0 else {lo<-min(a,b);hi<-max(a,b); (sum(nc[lo:hi])-(nc[lo]+nc[hi])/2)^2})),interval=outer(vals,vals,"-")^2,ratio=outer(vals,vals,function(a,b) ifelse(a+b==0,0,((a-b)/(a+b))^2)))
 e <- lapply(D,function(d) { o <- sum(O*d)/n; x <- sum(outer(nc,nc)*d)/(n*(n-1)); list(alpha=n1(1-o/x),observed=o,expected=x,pairable=n) })
 dd <- as.data.frame(X); names(dd) <- paste0("u",1:ncol(X)); out(dir,paste0("F_kalpha_",name),"F.kripp_alpha",dd,list(layout="rows = raters, columns = units, empty = missing"),e,tol=list(rel=1e-9,abs=1e-10)) }
tm <- function(X,miss) { X <- t(as.matrix(X)); if (miss) X[sample(length(X),miss)] <- NA; X }
ka("a",tm(ms(15,4,1),8)); ka("two",tm(ms(20,2,1),0)); ka("sparse",tm(ms(20,5,1),55)); ka("zero",tm(ms(12,3,1)-1,3)); ka("lone",{x <- tm(ms(10,2,1),0); x[2,1:3] <- NA; x}); ka("frac",tm(as.data.frame(matrix(round(rnorm(30),1),10)),3)); ka("perfect",rbind(c(1,2,3,4),c(1,2,3,4)))
